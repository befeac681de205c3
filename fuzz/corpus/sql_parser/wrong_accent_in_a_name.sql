SELECT straße FROM s;
