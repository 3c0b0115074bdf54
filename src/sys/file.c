typedef int placeholder_file;
