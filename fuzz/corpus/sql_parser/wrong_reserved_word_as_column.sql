SELECT size FROM s;
