typedef int placeholder_digest;
