DEFINE cond = 'a > 1';
SELECT a FROM s WHERE ${cond};
