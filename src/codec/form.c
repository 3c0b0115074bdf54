typedef int placeholder_form;
