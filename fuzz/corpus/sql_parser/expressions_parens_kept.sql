SELECT ((A OR B) AND C), (A + B) * C, A - (B - C), NOT (A AND B) FROM S;
