typedef int placeholder_tc3;
