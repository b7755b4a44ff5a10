import{a_ as a}from"./Icon--QUeJwGJ.js";a();
