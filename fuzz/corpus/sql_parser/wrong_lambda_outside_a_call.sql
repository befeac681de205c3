SELECT x => x + 1 FROM s;
