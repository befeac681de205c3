SELECT * FROM a, b WHERE a.x = b.x;
