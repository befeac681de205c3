INSERT INTO s (a, b) (1, 2);
