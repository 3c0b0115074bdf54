typedef int placeholder_fields;
