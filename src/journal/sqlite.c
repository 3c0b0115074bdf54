typedef int placeholder_sqlite;
