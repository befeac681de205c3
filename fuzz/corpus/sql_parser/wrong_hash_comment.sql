# jobs
SELECT a FROM s;
