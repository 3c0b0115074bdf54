typedef int placeholder_multipart;
