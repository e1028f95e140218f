/* Included by bcc before the code that reads USDT arguments from registers: none yet. */
#pragma once
