typedef int placeholder_committer;
