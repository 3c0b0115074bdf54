typedef int placeholder_book;
