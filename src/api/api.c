typedef int placeholder_api;
