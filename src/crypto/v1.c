typedef int placeholder_v1;
