import{a_ as a}from"./Icon-BHXL1lUK.js";a();
