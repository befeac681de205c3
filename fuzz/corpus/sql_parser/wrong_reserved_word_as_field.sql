SELECT a->size FROM s;
