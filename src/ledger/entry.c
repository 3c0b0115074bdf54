typedef int placeholder_entry;
