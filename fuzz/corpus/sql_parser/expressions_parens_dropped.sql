SELECT (A * B) + C, ((A)), (A.B) FROM S;
