typedef int placeholder_mem;
