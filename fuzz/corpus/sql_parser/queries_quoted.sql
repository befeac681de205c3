SELECT `lower`, "Mixed", `back``tick`, `PLAIN` FROM `s p`;
