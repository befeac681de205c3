SELECT a /* the rest
FROM s;
