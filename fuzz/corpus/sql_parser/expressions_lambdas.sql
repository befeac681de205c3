SELECT TRANSFORM(A, X => X + 1), REDUCE(A, 0, (S, X) => S + X), F((x) => x, (a) + b) FROM S;
