SELECT s.address.street FROM s;
