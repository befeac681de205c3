DEFINE a = 1;
