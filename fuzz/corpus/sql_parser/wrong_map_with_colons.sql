SELECT MAP('a' : 1) FROM s;
