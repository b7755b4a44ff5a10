// Starts the page.
import { mount } from 'svelte';
import './app.css';
import './theme.svelte';
import App from './App.svelte';
import { showKey } from './key';

await showKey();
mount(App, { target: document.getElementById('app')! });
