typedef int placeholder_seal;
