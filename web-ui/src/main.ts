// Starts the page.
import { mount } from 'svelte';
import './app.css';
import './theme.svelte';
import App from './App.svelte';
import { install } from './install';
import { showKey } from './key';

await showKey();
mount(App, { target: document.getElementById('app')! });
install();
