//go:build amd64 && !purego

#include "textflag.h"

// Number of bits of each half byte, and twice that: what differing bits count in all, and in addition where the query is strong.
DATA bitCounts<>+0(SB)/8, $0x0302020102010100
DATA bitCounts<>+8(SB)/8, $0x0403030203020201
GLOBL bitCounts<>(SB), RODATA|NOPTR, $16

DATA strongCounts<>+0(SB)/8, $0x0604040204020200
DATA strongCounts<>+8(SB)/8, $0x0806060406040402
GLOBL strongCounts<>(SB), RODATA|NOPTR, $16

DATA lowHalves<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
GLOBL lowHalves<>(SB), RODATA|NOPTR, $8

// func dotBytesAVX2(q *int16, row *byte, n int) int32
TEXT ·dotBytesAVX2(SB), NOSPLIT, $0-28
	MOVQ  q+0(FP), SI
	MOVQ  row+8(FP), DI
	MOVQ  n+16(FP), CX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1

pair:
	CMPQ      CX, $32
	JLT       single
	VPMOVSXBW (DI), Y2
	VPMOVSXBW 16(DI), Y3
	VPMADDWD  (SI), Y2, Y2
	VPMADDWD  32(SI), Y3, Y3
	VPADDD    Y2, Y0, Y0
	VPADDD    Y3, Y1, Y1
	ADDQ      $64, SI
	ADDQ      $32, DI
	SUBQ      $32, CX
	JMP       pair

single:
	TESTQ     CX, CX
	JZ        sum
	VPMOVSXBW (DI), Y2
	VPMADDWD  (SI), Y2, Y2
	VPADDD    Y2, Y0, Y0

sum:
	VPADDD       Y1, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDD       X1, X0, X0
	VPSHUFD      $0x4e, X0, X1
	VPADDD       X1, X0, X0
	VPSHUFD      $0xb1, X0, X1
	VPADDD       X1, X0, X0
	VMOVD        X0, AX
	VZEROUPPER
	MOVL         AX, ret+24(FP)
	RET

// COUNT turns the differing bits in x into four sums of what they count. It uses t, u and v.
#define COUNT(x, strong, t, u, v) \
	VPAND   strong, x, t \
	VPAND   Y10, x, u    \
	VPSRLW  $4, x, x     \
	VPAND   Y10, x, x    \
	VPSHUFB u, Y8, u     \
	VPSHUFB x, Y8, x     \
	VPADDB  u, x, x      \
	VPAND   Y10, t, v    \
	VPSRLW  $4, t, t     \
	VPAND   Y10, t, t    \
	VPSHUFB v, Y9, v     \
	VPSHUFB t, Y9, t     \
	VPADDB  v, t, t      \
	VPADDB  t, x, x      \
	VPSADBW Y11, x, x

// func distancesAVX2(out *uint16, n int, rows *byte, words int, sign, strong *uint64)
TEXT ·distancesAVX2(SB), NOSPLIT, $0-48
	MOVQ           out+0(FP), DI
	MOVQ           n+8(FP), CX
	MOVQ           rows+16(FP), SI
	MOVQ           words+24(FP), R8
	MOVQ           sign+32(FP), R9
	MOVQ           strong+40(FP), R10
	VBROADCASTI128 bitCounts<>(SB), Y8
	VBROADCASTI128 strongCounts<>(SB), Y9
	VPBROADCASTQ   lowHalves<>(SB), Y10
	VPXOR          Y11, Y11, Y11
	CMPQ           R8, $4
	JNE            code
	VMOVDQU        (R9), Y12
	VMOVDQU        (R10), Y13

// Four codes of four words at a time: sums are below 2^16, so those of four codes share a register.
four:
	CMPQ         CX, $4
	JLT          rest
	VPXOR        (SI), Y12, Y0
	VPXOR        32(SI), Y12, Y1
	COUNT(Y0, Y13, Y2, Y3, Y4)
	COUNT(Y1, Y13, Y5, Y6, Y7)
	VPSLLQ       $16, Y1, Y1
	VPOR         Y1, Y0, Y14
	VPXOR        64(SI), Y12, Y0
	VPXOR        96(SI), Y12, Y1
	COUNT(Y0, Y13, Y2, Y3, Y4)
	COUNT(Y1, Y13, Y5, Y6, Y7)
	VPSLLQ       $32, Y0, Y0
	VPSLLQ       $48, Y1, Y1
	VPOR         Y1, Y0, Y0
	VPOR         Y14, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDW       X1, X0, X0
	VPSHUFD      $0x4e, X0, X1
	VPADDW       X1, X0, X0
	VMOVQ        X0, (DI)
	ADDQ         $128, SI
	ADDQ         $8, DI
	SUBQ         $4, CX
	JMP          four

rest:
	TESTQ CX, CX
	JZ    done

code:
	VPXOR Y0, Y0, Y0
	XORQ  DX, DX        // byte offset into the query
	MOVQ  R8, BX        // words left of this code

block:
	CMPQ    BX, $4
	JLT     tail
	VMOVDQU (SI), Y1
	VPXOR   (R9)(DX*1), Y1, Y1
	VMOVDQU (R10)(DX*1), Y2
	COUNT(Y1, Y2, Y3, Y4, Y5)
	VPADDQ  Y1, Y0, Y0
	ADDQ    $32, SI
	ADDQ    $32, DX
	SUBQ    $4, BX
	JMP     block

tail:
	TESTQ   BX, BX
	JZ      store
	VMOVDQU (SI), X1             // two words; the upper half becomes zero like the query's padding
	VPXOR   (R9)(DX*1), Y1, Y1
	VMOVDQU (R10)(DX*1), Y2
	COUNT(Y1, Y2, Y3, Y4, Y5)
	VPADDQ  Y1, Y0, Y0
	ADDQ    $16, SI

store:
	VEXTRACTI128 $1, Y0, X1
	VPADDQ       X1, X0, X0
	VPSHUFD      $0x4e, X0, X1
	VPADDQ       X1, X0, X0
	VMOVD        X0, AX
	MOVW         AX, (DI)
	ADDQ         $2, DI
	DECQ         CX
	JNZ          code

done:
	VZEROUPPER
	RET
