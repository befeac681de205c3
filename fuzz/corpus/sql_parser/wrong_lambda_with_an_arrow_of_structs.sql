SELECT TRANSFORM(a, (x, y) -> x + 1) FROM s;
