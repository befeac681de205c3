SELECT (A = B) = (C < D) FROM S;
