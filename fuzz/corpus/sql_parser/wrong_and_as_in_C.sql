SELECT a FROM s WHERE a && b;
