typedef int placeholder_timestamp;
