PRINT clicks;
