SELECT '漢字' || `été` FORM s;
