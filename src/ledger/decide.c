typedef int placeholder_decide;
