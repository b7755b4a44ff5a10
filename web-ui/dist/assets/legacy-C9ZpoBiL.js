import{a_ as a}from"./Icon-C0uSODEz.js";a();
