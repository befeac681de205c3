SELECT ${x} FROM s;
