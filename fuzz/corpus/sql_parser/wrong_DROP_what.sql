DROP s;
