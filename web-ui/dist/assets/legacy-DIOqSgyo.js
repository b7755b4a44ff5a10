import{b1 as a}from"./Icon-DXfLU5Za.js";a();
