DEFINE abc = '1'; UNDEFINE abd;
