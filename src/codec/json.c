typedef int placeholder_json;
