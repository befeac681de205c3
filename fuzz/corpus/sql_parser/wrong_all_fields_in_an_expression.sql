SELECT 1 + a->* FROM s;
