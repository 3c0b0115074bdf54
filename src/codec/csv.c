typedef int placeholder_csv;
