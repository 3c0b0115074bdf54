typedef int placeholder_client;
