SELECT a AS limit FROM s;
