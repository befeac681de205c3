SELECT 1 + s.* FROM s;
