typedef int placeholder_decimal;
